import { z } from 'zod';

export const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/, 'must be a host name or an IP address');
export const noControl = z.string().regex(/^[^\p{Cc}]*$/u, 'must not have control characters');
export const port = z.int().min(1).max(65_535);

/** PEM of the authority to trust instead of the gateway's system store. */
export const authority = z
  .string()
  .max(65_536)
  .regex(/-----BEGIN CERTIFICATE-----/, 'must be PEM certificates');

/** An address on the web: no credentials, query or fragment in it. */
export const webAddress = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    const url = URL.parse(text);
    const problem =
      url === null || !['http:', 'https:'].includes(url.protocol)
        ? 'must be an http or https URL'
        : url.username || url.password || text.includes('?') || text.includes('#')
          ? 'must hold no credentials, query or fragment'
          : undefined;
    if (problem) context.addIssue({ code: 'custom', message: problem });
  });
