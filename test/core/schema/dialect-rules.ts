/** The vendors' rules for schemas, checked without any code of the compiler. Returns what breaks them. */
type Json = Record<string, unknown>;
export type Compiling = 'openai_strict' | 'anthropic' | 'gemini_json' | 'gemini_openapi';

const allowed: Record<Compiling, string> = {
  openai_strict:
    '$schema $ref $defs title description type properties required additionalProperties items minItems maxItems enum const anyOf pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
  anthropic:
    '$ref $defs title description default type properties required additionalProperties items minItems enum const anyOf pattern format',
  gemini_json:
    '$id $defs $ref $anchor type format title description default enum items prefixItems minItems maxItems minimum maximum anyOf oneOf properties additionalProperties required propertyOrdering',
  gemini_openapi:
    'type format title description nullable enum items minItems maxItems properties required minProperties maxProperties minimum maximum minLength maxLength pattern anyOf propertyOrdering',
};
const formats: Record<Compiling, string> = {
  openai_strict: 'date-time time date duration email hostname ipv4 ipv6 uuid',
  anthropic: 'date-time time date duration email hostname uri ipv4 ipv6 uuid',
  gemini_json: 'date-time date time float double int32 int64',
  gemini_openapi: 'date-time enum float double int32 int64',
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function brokenRules(root: Json, dialect: Compiling): string[] {
  const broken: string[] = [];
  const defs = isObject(root['$defs']) ? root['$defs'] : {};
  const keywords = new Set(allowed[dialect].split(' '));
  const strict = dialect === 'openai_strict' || dialect === 'anthropic';
  const target = (ref: string): unknown =>
    ref === '#' ? root : defs[ref.replace('#/$defs/', '').replaceAll('~1', '/')];

  const visit = (schema: unknown, at: string, outer: readonly unknown[]): void => {
    const fail = (what: string): void => void broken.push(`${at}: ${what}`);
    if (!isObject(schema)) return fail(`is ${JSON.stringify(schema)}`);
    for (const key of Object.keys(schema)) if (!keywords.has(key)) fail(`has ${key}`);
    if ('$defs' in schema && schema !== root) fail('has $defs below the root');
    if (typeof schema['$ref'] === 'string') {
      if (Object.keys(schema).some((key) => key !== '$ref' && key !== '$defs')) fail('has something beside $ref');
      if (!/^#(\/\$defs\/[^/]+)?$/.test(schema['$ref'])) fail(`has the $ref ${schema['$ref']}`);
      const behind = target(schema['$ref']);
      if (behind === undefined) fail('has a $ref that leads nowhere');
      if (dialect === 'anthropic' && outer.includes(behind)) fail('is recursive');
      if (dialect === 'anthropic') visit(behind, schema['$ref'], outer);
      return;
    }
    const inside = [...outer, schema];
    const types = [schema['type']].flat();
    if (dialect !== 'gemini_json' && schema['type'] === undefined && !Array.isArray(schema['anyOf']))
      fail('has no type');
    for (const type of types)
      if (type !== undefined && !/^[a-z]+$/.test(String(type))) fail(`has type ${String(type)}`);
    if (Array.isArray(schema['type'])) {
      if (dialect === 'gemini_openapi') fail('has a list of types');
      if (types.length !== 2 || types[1] !== 'null') fail(`has types ${types.join()}`);
    }
    if (typeof schema['format'] === 'string' && !formats[dialect].split(' ').includes(schema['format']))
      fail(`has format ${schema['format']}`);
    if (typeof schema['pattern'] === 'string' && strict && schema['pattern'].includes('(?=')) fail('has lookahead');
    if (dialect === 'anthropic' && Number(schema['minItems'] ?? 0) > 1) fail('has minItems above 1');
    for (const value of Array.isArray(schema['enum']) ? schema['enum'] : []) {
      if (typeof value === 'object' && value !== null) fail('has an object in enum');
      if (dialect === 'gemini_openapi' && (typeof value !== 'string' || value === '')) fail('has no string in enum');
      if (dialect === 'gemini_json' && typeof value === 'boolean') fail('has a boolean in enum');
    }
    if (types.includes('object') && strict) {
      const names = Object.keys(isObject(schema['properties']) ? schema['properties'] : {});
      const required: unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
      if (schema['additionalProperties'] !== false) fail('is open');
      if (!isObject(schema['properties'])) fail('has no properties');
      if (dialect === 'openai_strict' && names.some((name) => !required.includes(name)))
        fail('has optional properties');
      if (required.some((name) => !names.includes(String(name)))) fail('requires an unknown property');
    }
    if (types.includes('array') && !('items' in schema) && dialect !== 'gemini_json') fail('has no items');
    for (const [key, part] of Object.entries(isObject(schema['properties']) ? schema['properties'] : {}))
      visit(part, `${at}.${key}`, inside);
    if (isObject(schema['additionalProperties'])) visit(schema['additionalProperties'], `${at}.*`, inside);
    if ('items' in schema) visit(schema['items'], `${at}[]`, inside);
    for (const list of ['anyOf', 'prefixItems'])
      for (const part of Array.isArray(schema[list]) ? schema[list] : []) visit(part, `${at}|`, inside);
    if (schema === root && dialect !== 'anthropic')
      for (const [name, part] of Object.entries(defs)) visit(part, `#/$defs/${name}`, []);
  };
  visit(root, '#', []);
  if (strict && root['type'] !== 'object') broken.push('the root is no object');
  if (dialect === 'gemini_json') broken.push(...endless(root, target));
  return broken;
}

/** Required properties through which a schema comes back to itself. */
function endless(root: Json, target: (ref: string) => unknown): string[] {
  const found: string[] = [];
  const visit = (schema: unknown, open: readonly unknown[], required: boolean): void => {
    if (!isObject(schema)) return;
    if (typeof schema['$ref'] === 'string') {
      const behind = target(schema['$ref']);
      if (open.includes(behind))
        return void (required && found.push(`${schema['$ref']} contains itself by a required property`));
      return visit(behind, [...open, behind], required);
    }
    const must = Array.isArray(schema['required']) ? schema['required'] : [];
    for (const [key, part] of Object.entries(isObject(schema['properties']) ? schema['properties'] : {}))
      if (must.includes(key)) visit(part, open, true);
    for (const list of ['anyOf', 'prefixItems'])
      for (const part of Array.isArray(schema[list]) ? schema[list] : []) visit(part, open, required);
    visit(schema['items'], open, required);
  };
  visit(root, [root], false);
  for (const part of Object.values(isObject(root['$defs']) ? root['$defs'] : {})) visit(part, [part], false);
  return found;
}
