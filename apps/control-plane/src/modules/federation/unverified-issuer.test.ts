import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueServerCertificate, makeAuthority } from '@sallyport/testing';
import { askIssuer, issuerFetch } from './issuer-fetch.js';

test('CP-08: an issuer whose certificate nobody vouches for is told nothing and not believed', async () => {
  const { certificate, privateKey } = await issueServerCertificate(await makeAuthority(), ['127.0.0.1']);
  let asked = 0;
  const server = createServer({ cert: certificate, key: privateKey }, (_, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
  try {
    await expect(askIssuer(url)).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    const form = new URLSearchParams({ client_secret: 'of ours' });
    await expect(issuerFetch(url, { method: 'POST', body: form })).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(asked).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
