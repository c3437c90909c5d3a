// The least that signs a request for Bedrock, its key made once: what a client by hand would do.
import { createHash, createHmac } from 'node:crypto';
import { KEYS, REGION } from './setup.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
const scope = `${day}/${REGION}/bedrock/aws4_request`;
const key = [day, REGION, 'bedrock', 'aws4_request'].reduce(hmac, `AWS4${KEYS.secret}`);
const names = 'content-type;host;x-amz-date';

/** The headers of a JSON request; `path` as it stands in the address. */
export function signedHeaders(host, path, body) {
  const date = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const head = `content-type:application/json\nhost:${host}\nx-amz-date:${date}\n`;
  const canonical = `POST\n${path.replaceAll('%', '%25')}\n\n${head}\n${names}\n${sha256(body)}`;
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return {
    'content-type': 'application/json',
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 Credential=${KEYS.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
