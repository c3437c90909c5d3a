/** Cohere's Command, Embed and Rerank models over v2 of its API: https://docs.cohere.com/reference/about */
import type { Provider } from '../../src/core/spec.js';
import { chat } from './chat.js';
import { embeddings } from './embeddings.js';
import { cohereError } from './errors.js';
import { rerank } from './rerank.js';

export const cohere: Provider = {
  name: 'cohere',
  base: 'https://api.cohere.com',
  env: { key: ['COHERE_API_KEY', 'CO_API_KEY'], base: ['COHERE_API_BASE'] },
  endpoints: { chat, embeddings, rerank },
  error: cohereError,
  docs: 'https://docs.cohere.com/reference/chat',
  notes: [
    '`documents`, `citation_options`, `safety_mode`, `strict_tools`, `priority` and `k` are sent as they are given; files of text in messages become documents.',
    'Citations stand whole in `provider_specific_fields.citations` of the message; those of web pages in `annotations`, too.',
    'The plan before tool calls is `provider_specific_fields.tool_plan`, and `reasoning_content` of models that show no thinking; hand messages back as they came.',
    'A named `tool_choice` is sent as REQUIRED with that tool alone.',
    'Embeddings are made with `input_type: search_document` unless it is given; more than 96 inputs are sent as several requests.',
  ],
};
export default cohere;
