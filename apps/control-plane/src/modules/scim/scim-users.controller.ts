import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
  UseFilters,
} from '@nestjs/common';
import type { ScimPatch, ScimQuery, ScimUser, ScimUserInput } from '@sallyport/api-contract';
import { scimMediaType, scimPatch, scimQuery, scimUserInput } from '@sallyport/api-contract';
import { Authorize, AuthorizeChange } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { CONFIG, type Config } from '../../platform/config/config.js';
import type { HttpResponse } from '../../platform/http/http-types.js';
import { ScimBodyPipe } from './scim-body.pipe.js';
import { ScimErrorFilter } from './scim-error.filter.js';
import { listResponse } from './scim-page.js';
import { scimUserView } from './scim-person.js';
import type { ScimUserRow } from './scim-user.store.js';
import { ScimUsersService } from './scim-users.service.js';

/** RFC 7644 §3, for the people of one provider. */
@Controller('scim/v2/:provider/Users')
@UseFilters(ScimErrorFilter)
export class ScimUsersController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly users: ScimUsersService,
  ) {}

  @Get()
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'users')
  async list(@Param('provider') provider: string, @Query(new ScimBodyPipe(scimQuery)) query: ScimQuery) {
    const found = await this.users.list(provider, query);
    return listResponse(
      found,
      found.users.map((row) => scimUserView(row, this.base(provider))),
    );
  }

  @Post()
  @Header('Content-Type', scimMediaType)
  @AuthorizeChange('create', 'users')
  async create(
    @Caller() caller: CallerIdentity,
    @Param('provider') provider: string,
    @Body(new ScimBodyPipe(scimUserInput)) input: ScimUserInput,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ScimUser> {
    const view = this.answer(response, provider, await this.users.create(caller, provider, input));
    response.setHeader('Location', view.meta.location);
    return view;
  }

  @Get(':id')
  @Header('Content-Type', scimMediaType)
  @Authorize('read', 'users')
  async get(
    @Param('provider') provider: string,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ScimUser> {
    return this.answer(response, provider, await this.users.get(provider, id));
  }

  @Put(':id')
  @Header('Content-Type', scimMediaType)
  @AuthorizeChange('update', 'users')
  async replace(
    @Caller() caller: CallerIdentity,
    @Param() { provider, id }: { provider: string; id: string },
    @Body(new ScimBodyPipe(scimUserInput)) input: ScimUserInput,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ScimUser> {
    return this.answer(response, provider, await this.users.replace(caller, { provider, id, ifMatch }, input));
  }

  @Patch(':id')
  @Header('Content-Type', scimMediaType)
  @AuthorizeChange('update', 'users')
  async patch(
    @Caller() caller: CallerIdentity,
    @Param() { provider, id }: { provider: string; id: string },
    @Body(new ScimBodyPipe(scimPatch)) patch: ScimPatch,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<ScimUser> {
    return this.answer(response, provider, await this.users.patch(caller, { provider, id, ifMatch }, patch));
  }

  /** Needs the right to update as well, which is what happens to the User. */
  @Delete(':id')
  @HttpCode(204)
  @AuthorizeChange('delete', 'users')
  async delete(
    @Caller() caller: CallerIdentity,
    @Param() { provider, id }: { provider: string; id: string },
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.users.delete(caller, { provider, id, ifMatch });
  }

  private answer(response: HttpResponse, provider: string, row: ScimUserRow): ScimUser {
    const view = scimUserView(row, this.base(provider));
    response.setHeader('ETag', view.meta.version);
    return view;
  }

  private base(provider: string): string {
    return `${this.config.publicUrl}/scim/v2/${encodeURIComponent(provider)}`;
  }
}
