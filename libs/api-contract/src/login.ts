import { z } from 'zod';
import { objectName, pageOf } from './names.js';

const time = z.iso.datetime({ offset: true });

/** Somebody signed in; it stands until it ends or expires. */
export const login = z.strictObject({
  id: z.uuid(),
  /** Name of the User. */
  user: objectName,
  /** Name of the IdentityProvider. */
  provider: z.string(),
  /** The OAuth client that got it, such as `sallyport-cli`. */
  client: z.string(),
  createdAt: time,
  expiresAt: time,
  endedAt: time.nullable(),
  endReason: z.string().nullable(),
});
export type Login = z.infer<typeof login>;
export const loginPage = pageOf(login);

/** RFC 8628 §3.1. */
export const deviceAuthorizationRequest = z.object({ client_id: z.string() });
/** RFC 8628 §3.2. Times in seconds. */
export const deviceAuthorization = z.strictObject({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.int(),
  interval: z.int(),
});

/** OpenID Connect Back-Channel Logout 1.0 §2.5. */
export const backchannelLogoutBody = z.object({ logout_token: z.string() });
