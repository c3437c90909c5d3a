/** Beta features, named in the `anthropic-beta` header: https://platform.claude.com/docs/en/api/beta-headers */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, contentParts, isObject } from '../shared/messages.js';

/** Tools that work only with their beta. */
const byTool: readonly (readonly [RegExp, string])[] = [
  [/^computer_20241022$|^text_editor_20241022$|^bash_20241022$/, 'computer-use-2024-10-22'],
  [/^computer_20250124$/, 'computer-use-2025-01-24'],
  [/^computer_20251124$/, 'computer-use-2025-11-24'],
  [/^code_execution_20250522$/, 'code-execution-2025-05-22'],
  [/^memory_20250818$/, 'context-management-2025-06-27'],
  [/^advisor_20260301$/, 'advisor-tool-2026-03-01'],
  [/^mcp_toolset$/, 'mcp-client-2025-11-20'],
];

function* names(value: unknown): Generator<string> {
  for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
    if (typeof each === 'string') for (const name of each.split(',')) if (name.trim() !== '') yield name.trim();
}

/** The betas that a call asks for (`betas`, `anthropic_beta`, the header) or that its features need. */
export function betasOf(call: Call<'chat'>): string[] {
  const params: JsonObject = call.params;
  const { headers, extra_headers } = call.options;
  const betas = new Set<string>();
  for (const asked of [params['betas'], params['anthropic_beta']])
    if (asked !== undefined) for (const beta of names(asked)) betas.add(beta);
  for (const given of [headers, extra_headers])
    for (const name in given)
      if (name.toLowerCase() === 'anthropic-beta') for (const beta of names(given[name])) betas.add(beta);

  const tools: unknown = params['tools'];
  for (const tool of Array.isArray(tools) ? (tools as unknown[]) : [])
    if (isObject(tool)) for (const [type, beta] of byTool) if (type.test(asText(tool['type']))) betas.add(beta);
  if (Array.isArray(params['mcp_servers']) && !betas.has('mcp-client-2025-11-20')) betas.add('mcp-client-2025-04-04');
  if (isObject(params['container']) && params['container']['skills'] !== undefined) betas.add('skills-2025-10-02');
  if (params['speed'] === 'fast') betas.add('fast-mode-2026-02-01');
  if (params['output_format'] !== undefined) betas.add('structured-outputs-2025-11-13');
  const management = params['context_management'];
  if (isObject(management)) {
    betas.add('context-management-2025-06-27');
    const edits: unknown[] = Array.isArray(management['edits']) ? management['edits'] : [];
    if (edits.some((edit) => isObject(edit) && asText(edit['type']).startsWith('compact_')))
      betas.add('compact-2026-01-12');
  }
  if (call.params.messages.some(({ content }) => typeof content !== 'string' && contentParts(content).some(namesFile)))
    betas.add('files-api-2025-04-14');
  return [...betas];
}

/** An uploaded file, as a file part or as one of Anthropic's blocks. */
function namesFile(part: JsonObject): boolean {
  if (part['type'] === 'container_upload') return true;
  if (isObject(part['source'])) return part['source']['type'] === 'file';
  const file = part['file'];
  return (
    part['type'] === 'file' &&
    isObject(file) &&
    typeof file['file_id'] === 'string' &&
    !/^(?:https?|data):/i.test(file['file_id'])
  );
}
