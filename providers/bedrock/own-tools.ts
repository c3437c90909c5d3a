/**
 * Claude's own tools as AWS has them: shell and editor belong to the beta of the computer, and the search of tools has
 * no date in its name.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/{computer-use,model-parameters-anthropic-claude-messages-tool-use}.html
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { betasOf } from '../anthropic/betas.js';
import { asText, isObject } from '../shared/messages.js';
import { baseName } from './models.js';

const ofComputer = /^(?:bash|text_editor)_2025\d{4}$/;
const toolSearch = /^(tool_search_tool_(?:regex|bm25))_\d{8}$/;

const toolsOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** The betas that a call names or needs, besides those that AWS does not know. */
export function awsBetas(call: Call<'chat'>): string[] {
  const betas = new Set(betasOf(call).filter((beta) => !beta.startsWith('files-api')));
  const types = toolsOf(call.params.tools).map(({ type }) => asText(type));
  if (types.some((type) => ofComputer.test(type)) && ![...betas].some((beta) => beta.startsWith('computer-use-')))
    betas.add('computer-use-2025-01-24');
  if (types.some((type) => toolSearch.test(type))) betas.add('tool-search-tool-2025-10-19');
  // Only this model needs to be told so.
  if (isObject((call.params as JsonObject)['output_config']) && /opus-4-5/.test(baseName(call.model, call.options)))
    betas.add('effort-2025-11-24');
  return [...betas];
}

/** The same tool by AWS's name. */
export function awsTool(tool: JsonObject): JsonObject {
  const type = toolSearch.exec(asText(tool['type']))?.[1];
  return type === undefined ? tool : { ...tool, type };
}
