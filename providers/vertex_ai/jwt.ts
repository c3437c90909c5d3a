/** JSON Web Tokens signed with RS256 (RFC 7515, RFC 7518), by WebCrypto. */
import type { JsonObject } from '../../src/core/spec.js';

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

function base64url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const part = (value: JsonObject): string => base64url(new TextEncoder().encode(JSON.stringify(value)));

/** The bytes of a PKCS #8 key in PEM form; line breaks may have become `\n` in two characters on the way. */
function keyBytes(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pem.replaceAll('\\n', '\n'))?.[1];
  if (body === undefined) throw new Error('it is no PEM block named PRIVATE KEY');
  try {
    return Uint8Array.from(atob(body.replace(/\s+/g, '')), (character) => character.charCodeAt(0));
  } catch {
    throw new Error('its base64 is broken');
  }
}

async function readKey(pem: string) {
  const bytes = keyBytes(pem);
  try {
    return await crypto.subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
  } catch {
    throw new Error('it is no RSA key in PKCS #8');
  }
}

/** @throws {Error} when the key cannot be read; the message holds nothing of it */
export async function sign(header: JsonObject, claims: JsonObject, pem: string): Promise<string> {
  const key = await readKey(pem);
  const content = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(claims)}`;
  const signature = await crypto.subtle.sign(algorithm.name, key, new TextEncoder().encode(content));
  return `${content}.${base64url(new Uint8Array(signature))}`;
}

/** SHA-256, as hexadecimal digits. */
export async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
