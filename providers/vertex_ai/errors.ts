/** Errors of Google's, and of Anthropic's where Claude itself answers. */
import type { ErrorFacts } from '../../src/core/spec.js';
import { anthropicError } from '../anthropic/errors.js';
import { readError } from '../gemini/errors.js';
import { isObject } from '../shared/messages.js';

export const vertexError = (status: number | undefined, body: unknown): ErrorFacts =>
  isObject(body) && body['type'] === 'error' ? anthropicError(status, body) : readError(status, body);
