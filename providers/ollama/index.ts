/** Models that an Ollama server runs, on this machine or at ollama.com: https://docs.ollama.com/api/introduction */
import type { Provider } from '../../src/core/spec.js';
import { chat } from './chat.js';
import { embeddings } from './embeddings.js';
import { ollamaError } from './errors.js';
import { hostAddress } from './host.js';

export const ollama: Provider = {
  name: 'ollama',
  base: (_call, env) => hostAddress(env('OLLAMA_HOST')),
  env: { key: ['OLLAMA_API_KEY'], base: ['OLLAMA_API_BASE'] },
  key_optional: true,
  endpoints: { chat, embeddings },
  error: (status, body) => ollamaError(status, body),
  docs: 'https://docs.ollama.com/api/chat',
  notes: [
    'The address is `OLLAMA_API_BASE`, else `OLLAMA_HOST` (a host, a port or both, or a URL), else `http://localhost:11434`.',
    'Parameters that are no fields of the request are sent in `options`: `num_ctx`, `top_k`, `min_p`, `repeat_penalty` …; `keep_alive`, `think`, `format`, `truncate` and `shift` stand beside it.',
    '`reasoning_effort` is sent as a level to gpt-oss, to other models as `think: true`; give `think` for a level.',
    'Images are downloaded and sent as base64.',
    'The model alone decides whether it calls a tool: with `tool_choice: none` no tools are sent, required ones are refused.',
    'Durations, in nanoseconds, stand in `provider_specific_fields`.',
  ],
};
export default ollama;
