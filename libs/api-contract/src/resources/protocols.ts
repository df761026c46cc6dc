import { z } from 'zod';
import { secretSource } from '../secret-source.js';
import { sshUserCertificate } from '../ssh-certificate.js';
import {
  columnClassification,
  detectorClassification,
  httpClassification,
  kubernetesClassification,
} from './classification.js';
import { authority, host, noControl, port, webAddress } from './upstream.js';

const username = noControl.min(1).max(63);
/** Absent: the stored secret stays. */
const secret = secretSource.optional();
const nothing = z.strictObject({});

/** What is declared of a resource by its protocol. `stored` is what is kept and read: the credential without its secret. */
export const postgres = {
  fields: {
    protocol: z.literal('postgres'),
    upstream: z.strictObject({
      host,
      port,
      database: noControl.min(1).max(63).optional(),
      tls: z.enum(['verify-full', 'disable']).default('verify-full'),
      ca: authority.optional(),
      /** Name in the server's certificate, where it is not `host`. */
      serverName: host.optional(),
    }),
    classification: columnClassification,
  },
  credential: z.strictObject({ username, password: secret }),
  stored: z.strictObject({ username }),
} as const;

const headerName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be a header name')
  .refine((name) => !/^(host|connection|content-length|transfer-encoding|upgrade|te|trailer)$/i.test(name), {
    error: 'must not be a header that frames messages',
  });

export const httpSettings = z.strictObject({
  /** Path templates, with a method in front or without: `GET /orders/{id}`. */
  routes: z
    .array(
      z
        .string()
        .max(500)
        .regex(/^([A-Z]+ )?\/\S*$/, 'must be such as /orders/{id} or GET /orders/{id}'),
    )
    .max(5000)
    .default([]),
  /** An OpenAPI 3 document, JSON or YAML. */
  openapi: z.string().max(4_000_000).optional(),
  graphql: z
    .strictObject({
      path: z
        .string()
        .max(500)
        .regex(/^\/\S*$/),
      /** In the schema definition language. */
      schema: z.string().max(1_000_000).optional(),
      /** Operations that clients may name by their hash alone. */
      persisted: z.record(z.string().max(200), z.string().max(100_000)).default({}),
    })
    .optional(),
  /** Names of further headers that reach the service. */
  allowHeaders: z.array(headerName).max(200).default([]),
  maxBodyBytes: z.int().min(0).max(1_000_000_000_000).default(10_485_760),
  maxResponseBytes: z.int().min(1).max(1_000_000_000_000).optional(),
  /** Of one principal, on one gateway. */
  requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
});

export const http = {
  fields: {
    protocol: z.literal('http'),
    upstream: z.strictObject({
      url: webAddress,
      ca: authority.optional(),
      serverName: host.optional(),
      http2: z.boolean().default(false),
    }),
    classification: httpClassification,
    http: httpSettings.prefault({}),
  },
  credential: z
    .strictObject({
      bearer: z.union([secretSource, nothing]).optional(),
      basic: z.strictObject({ username, password: secret }).optional(),
      header: z.strictObject({ name: headerName, value: secret }).optional(),
    })
    // None: the service asks for no credential.
    .refine((given) => Object.keys(given).length <= 1, 'must be at most one of bearer, basic and header')
    .prefault({}),
  stored: z.strictObject({
    bearer: nothing.optional(),
    basic: z.strictObject({ username }).optional(),
    header: z.strictObject({ name: headerName }).optional(),
  }),
} as const;

export const kubernetes = {
  fields: {
    protocol: z.literal('kubernetes'),
    upstream: z.strictObject({
      server: webAddress,
      ca: authority.optional(),
      serverName: host.optional(),
    }),
    classification: kubernetesClassification,
    kubernetes: z
      .strictObject({
        /** The cluster is told who asks: `Impersonate-User` and the groups, each with the prefix in front. */
        impersonate: z.boolean().default(false),
        prefix: z
          .string()
          .regex(/^[a-z0-9.-]{1,32}:$/, 'must be a short word and a colon, such as sallyport:')
          .default('sallyport:'),
      })
      .prefault({}),
  },
  credential: z
    .strictObject({
      token: z.union([secretSource, nothing]).optional(),
      clientCertificate: authority.optional(),
      clientKey: z.union([secretSource, nothing]).optional(),
    })
    .refine(
      ({ token, clientCertificate, clientKey }) =>
        (token !== undefined) !== (clientKey !== undefined) &&
        (clientCertificate === undefined) === (clientKey === undefined),
      'must be either token, or clientCertificate and clientKey',
    ),
  stored: z.strictObject({
    token: nothing.optional(),
    clientCertificate: authority.optional(),
    clientKey: nothing.optional(),
  }),
} as const;

export const ssh = {
  fields: {
    protocol: z.literal('ssh'),
    upstream: z.strictObject({
      host,
      port: port.default(22),
      /** Public keys of the server, as in known_hosts without the name: `ssh-ed25519 AAAA…`. */
      hostKeys: z
        .array(
          z
            .string()
            .max(4096)
            .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( \S.*)?$/, {
              error: 'must be a public key such as ssh-ed25519 AAAA…',
            }),
        )
        .min(1)
        .max(16),
    }),
    classification: detectorClassification,
    ssh: z
      .strictObject({
        /** Logins that a client may ask for, besides the credential's. */
        logins: z.array(username).max(100).default([]),
      })
      .prefault({}),
  },
  credential: z
    .strictObject({
      username,
      password: z.union([secretSource, nothing]).optional(),
      privateKey: z.union([secretSource, nothing]).optional(),
      /** For the private key, where the host trusts an authority instead of the key. */
      certificate: sshUserCertificate.optional(),
    })
    .refine(
      ({ password, privateKey }) => (password !== undefined) !== (privateKey !== undefined),
      'must have either password or privateKey',
    )
    .refine(({ certificate, privateKey }) => certificate === undefined || privateKey !== undefined, {
      path: ['certificate'],
      error: 'must stand beside the privateKey that it is for',
    }),
  stored: z.strictObject({
    username,
    password: nothing.optional(),
    privateKey: nothing.optional(),
    certificate: sshUserCertificate.optional(),
  }),
} as const;
