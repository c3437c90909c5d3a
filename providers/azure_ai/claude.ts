/** Claude on Foundry: https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry */
import type { Call, ErrorFacts, Io, Transformer, Wire } from '../../src/core/spec.js';
import { betasOf } from '../anthropic/betas.js';
import { chatTransformer } from '../anthropic/chat.js';
import { anthropicError } from '../anthropic/errors.js';
import type { Model } from '../anthropic/models.js';
import { noteVersion } from '../azure/address.js';
import { authenticate } from '../azure/auth.js';
import { azureError } from '../azure/errors.js';
import { isObject } from '../shared/messages.js';
import { claudeAddress } from './address.js';

/** The version of Anthropic's API; `api_version` names versions of Azure's. */
const version = '2023-06-01';

/** `model` is what a deployment holds; by default its name tells. */
export function claudeChat(model: Model | undefined): Transformer<'chat'> {
  return chatTransformer({
    ...(model !== undefined && { model: () => model }),
    request(body, betas, call) {
      const own = call as unknown as Call;
      const address = claudeAddress(own);
      noteVersion(own, address);
      const headers = { 'anthropic-version': version, ...(betas.length > 0 && { 'anthropic-beta': betas.join(',') }) };
      return { method: 'POST', ...address, headers, body };
    },
  });
}

const withKey = authenticate((wire, key) => {
  wire.headers['x-api-key'] = key;
});

export function authenticateClaude(wire: Wire, call: Call, io: Io): void | Promise<void> {
  // The caller's own header has replaced the one made for the request.
  const betas = betasOf(call as unknown as Call<'chat'>);
  if (betas.length > 0) wire.headers['anthropic-beta'] = betas.join(',');
  return withKey(wire, call, io);
}

/** Anthropic's errors, and those of Azure before it. */
export const claudeError = (status: number, body: unknown): ErrorFacts =>
  isObject(body) && body['type'] === 'error' ? anthropicError(status, body) : azureError(status, body);
