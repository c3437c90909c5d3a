/** Vertex AI under the other name that LiteLLM has for it. */
import type { Provider } from '../../src/core/spec.js';
import { vertex_ai } from '../vertex_ai/index.js';

export const vertex_ai_beta: Provider = { ...vertex_ai, name: 'vertex_ai_beta' };
export default vertex_ai_beta;
