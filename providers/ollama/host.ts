/** Where the server is: https://docs.ollama.com/faq#how-can-i-expose-ollama-on-my-network */
import { BadRequestError } from '../../src/core/errors.js';

const standard = 'http://localhost:11434';

/**
 * The address that `OLLAMA_HOST` means: a host, a port or both, or a URL. It is the variable that tells the server where
 * to listen, so the addresses that stand for all of a machine's mean this machine.
 */
export function hostAddress(host: string | undefined): string {
  const given = host?.trim().replace(/\/+$/, '');
  if (given === undefined || given === '') return standard;
  const schemed = given.includes('://');
  const named = given.startsWith(':') ? `localhost${given}` : given === 'ollama.com' ? 'https://ollama.com' : given;
  const address = named.includes('://') ? named : `http://${named}`;
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address))
    throw new BadRequestError('OLLAMA_HOST: must hold a host, with or without a port, or an http or https URL', {
      param: 'OLLAMA_HOST',
      code: 'invalid_input',
    });
  const local = address
    .replace(/^(https?:\/\/)0\.0\.0\.0(?=[:/]|$)/i, '$1127.0.0.1')
    .replace(/^(https?:\/\/)\[::\](?=[:/]|$)/i, '$1[::1]');
  // A bare host means Ollama's port, a URL the one of its scheme.
  return schemed || /^https:/i.test(local) || /^[^/]*\/\/[^/]*:\d+(?:\/|$)/.test(local)
    ? local
    : local.replace(/^(http:\/\/[^/]+)/i, '$1:11434');
}
