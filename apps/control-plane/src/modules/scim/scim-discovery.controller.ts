import { Controller, Get, Header, Inject, Param, UseFilters } from '@nestjs/common';
import { scimMediaType } from '@sallyport/api-contract';
import { Authorize } from '../../platform/auth/authorize.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import { resourceTypes, schemaDocuments, serviceProviderConfig } from './scim-discovery.js';
import { ScimErrorFilter } from './scim-error.filter.js';
import { listResponse } from './scim-page.js';

/** RFC 7644 §4. */
@Controller('scim/v2/:provider')
@UseFilters(ScimErrorFilter)
export class ScimDiscoveryController {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>) {}

  @Get('ServiceProviderConfig')
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'users')
  serviceProviderConfig(@Param('provider') provider: string) {
    return serviceProviderConfig(this.base(provider));
  }

  @Get('ResourceTypes')
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'users')
  resourceTypes(@Param('provider') provider: string) {
    return allOf(resourceTypes(this.base(provider)));
  }

  @Get('Schemas')
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'users')
  schemas(@Param('provider') provider: string) {
    return allOf(schemaDocuments(this.base(provider)));
  }

  private base(provider: string): string {
    return `${this.config.publicUrl}/scim/v2/${encodeURIComponent(provider)}`;
  }
}

function allOf<Item>(items: readonly Item[]) {
  return listResponse({ total: items.length, startIndex: 1 }, items);
}
