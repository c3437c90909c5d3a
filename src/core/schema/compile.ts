/**
 * The schema compiler: writes a JSON Schema in a vendor's dialect, reports what that changed, and gives the inverse
 * that turns an answer back into one to the schema given.
 */
import type { CompiledSchema, Dialect, JsonSchema, Rules, SchemaChange } from './dialects.js';
import { dialects } from './dialects.js';
import { escapePointer, isObject, mapOf, resolveRef, sameJson, subschemas } from './document.js';
import { disjoint } from './disjoint.js';
import { annotationsOf, constraintsOf, literalsOf } from './intersect.js';
import type { Inverse } from './invert.js';
import { identity, laterInverse, textInverse, unionInverse, unwrap } from './invert.js';
import { addNote, finish, keywordsOf } from './keywords.js';
import { literal } from './literals.js';
import { isNothing, mergeAll } from './merge.js';
import { isNull, withNull } from './nulls.js';
import type { Compiled, Effect, Scope, TypeName } from './scope.js';
import { array, object, scalar } from './shapes.js';
import { isValid } from './validate.js';

const compiledSchemas = new WeakMap<JsonSchema, Partial<Record<Dialect, CompiledSchema>>>();

/**
 * Compiles `schema` for a dialect. The schema is not touched; compiling the same object again costs nothing. For every
 * value that fits the compiled schema, `invert(value)` fits the schema given, unless a change says `weaker`.
 */
export function compileSchema(schema: JsonSchema, dialect: Dialect): CompiledSchema {
  let known = compiledSchemas.get(schema);
  if (!known) compiledSchemas.set(schema, (known = {}));
  return (known[dialect] ??=
    dialect === 'json_schema'
      ? { schema, changes: [], inverts: false, invert: identity }
      : new Compiler(schema, dialects[dialect]).result());
}

/** Inlining and merging multiply; what comes after this many nodes is cut. */
const mostNodes = 10_000;

/** A schema that is referred to. */
interface Definition {
  /** Its key in `$defs`; empty for the root. */
  name: string;
  target: JsonSchema;
  compiled?: Compiled;
}

class Compiler implements Scope {
  private readonly changes: SchemaChange[] = [];
  private readonly reported = new Set<string>();
  private readonly definitions = new Map<JsonSchema, Definition>();
  /** The root and the referenced schemas being compiled, from the outermost in; meeting one again is recursion. */
  private readonly open: JsonSchema[] = [];
  /** The schemas merged in by reference, from the outermost in. */
  private readonly merging: JsonSchema[] = [];
  /** References to the root, which move when the root is wrapped. */
  private readonly rootRefs: JsonSchema[] = [];
  private readonly recursive = new Map<JsonSchema, boolean>();
  private output: JsonSchema = {};
  private inverts = false;
  private endless = false;
  private nodes = 0;

  constructor(
    readonly root: JsonSchema,
    readonly rules: Rules,
  ) {}

  result(): CompiledSchema {
    const { root, rules } = this;
    const chain = this.rootChain();
    const start = chain.at(-1)!;
    if (start !== root) this.report('#', 'the root $ref replaced by what it points at');
    const definition: Definition = { name: '', target: start };
    for (const target of chain) this.definitions.set(target, definition);
    const compiled = this.within(this.open, chain, () => this.compile(start, '#'));
    definition.compiled = compiled;
    let { schema, invert = identity } = compiled;
    const { title, description } = root;
    if (start !== root && title !== undefined) schema = { ...schema, title };
    if (start !== root && description !== undefined) schema = { ...schema, description };
    const wrapped = (rules.root === 'object' || start['type'] === 'object') && schema['type'] !== 'object';
    if (wrapped) {
      this.report('#', 'wrapped in { value }: the root must be an object', { undone: true });
      const { $schema: _$schema, ...value } = schema;
      schema = { type: 'object', properties: { value }, required: ['value'] };
      if (rules.saysClosed) schema['additionalProperties'] = false;
      invert = unwrap(invert);
    }
    if (rules.refs === 'keep') {
      const defs = this.defs(wrapped ? compiled.schema : undefined);
      if (Object.keys(defs).length > 0) schema = { ...schema, $defs: defs };
      const unused = Object.entries({ ...mapOf(root['definitions']), ...mapOf(root['$defs']) })
        .filter(([, target]) => !isObject(target) || !this.definitions.has(target))
        .map(([name]) => name);
      if (unused.length > 0) this.report('#', `dropped unused definitions: ${unused.join(', ')}`);
    }
    this.output = schema;
    if (sameJson(schema, root)) return { schema: root, changes: [], inverts: false, invert: identity };
    if (this.changes.length === 0) this.report('#', 'spelled out in full');
    const inverts = this.inverts && invert !== identity;
    return { schema, changes: this.changes, inverts, invert: inverts ? invert : identity };
  }

  /** The root, and what stands for it as long as that is nothing but a `$ref` or an `allOf` of one; the real one last. */
  private rootChain(): JsonSchema[] {
    const chain = [this.root];
    for (;;) {
      const at = chain.at(-1)!;
      const { $ref, allOf, ...rest } = constraintsOf(at);
      const parts: unknown[] = Array.isArray(allOf) ? [...allOf] : [];
      if (typeof $ref === 'string') parts.push(resolveRef(this.root, $ref));
      const [only] = parts;
      if (Object.keys(rest).length > 0 || parts.length !== 1 || !isObject(only)) return chain;
      if (chain.includes(only)) {
        this.report('#', 'the root $ref leads back to itself', { weaker: true });
        return [...chain, {}];
      }
      chain.push(only);
    }
  }

  private defs(wrappedRoot: JsonSchema | undefined): Record<string, JsonSchema> {
    const defs = new Map<string, JsonSchema>();
    for (const { name, compiled } of this.definitions.values()) if (name !== '') defs.set(name, compiled?.schema ?? {});
    if (this.rootRefs.length > 0 && wrappedRoot) {
      const name = this.freeName('root');
      defs.set(name, wrappedRoot);
      for (const ref of this.rootRefs) ref['$ref'] = `#/$defs/${name}`;
    }
    return Object.fromEntries(defs);
  }

  report(path: string, what: string, { weaker = false, undone = false }: Effect = {}): void {
    this.inverts ||= undone;
    const once = `${path} ${what}`;
    if (this.reported.has(once)) return;
    this.reported.add(once);
    this.changes.push({ path, what, weaker });
  }

  private within<T>(stack: JsonSchema[], targets: readonly JsonSchema[], work: () => T): T {
    stack.push(...targets);
    try {
      return work();
    } finally {
      stack.length -= targets.length;
    }
  }

  guarded(schema: unknown, path: string): { compiled: Compiled; endless: boolean } {
    const outer = this.endless;
    this.endless = false;
    const compiled = this.compile(schema, path);
    const { endless } = this;
    this.endless = outer;
    return { compiled, endless };
  }

  compile(given: unknown, path: string): Compiled {
    if (++this.nodes > mostNodes) return this.cut({ name: 'the value meant', target: {} }, path, 'too large');
    if (given === true) return this.untyped({}, path);
    const { schema, through } = isObject(given)
      ? mergeAll(this, given, path, this.merging)
      : { schema: false, through: [] };
    if (schema === true) return this.untyped({}, path);
    if (!isObject(schema) || isNothing(schema)) {
      this.report(path, 'nothing is allowed here, which cannot be said', { weaker: true });
      return this.untyped({}, path);
    }
    return this.within(this.merging, through, () => this.plain(schema, path));
  }

  /** Compiles a schema without `allOf`, whose `$ref`, if any, stands alone. */
  private plain(schema: JsonSchema, path: string): Compiled {
    const { $ref, anyOf, oneOf } = schema;
    if (typeof $ref === 'string') return this.reference(schema, $ref, path);
    if (Array.isArray(anyOf)) return this.union(schema, 'anyOf', anyOf, path);
    if (Array.isArray(oneOf)) return this.union(schema, 'oneOf', oneOf, path);
    const literals = literalsOf(schema);
    if (literals) return literal(this, schema, literals, path);
    const named = typesOf(schema);
    if (!named) return this.untyped(schema, path);
    if (schema['type'] === undefined) this.report(path, `taken to be of type ${named.join(', ')}`);
    const [type, ...more] = named.filter((one) => one !== 'null');
    if (type === undefined) return { schema: finish(this, { type: 'null' }, schema, path) };
    if (more.length > 0) {
      this.report(path, 'a list of types written as anyOf');
      const parts = named.map((one) => ofType(schema, one));
      return this.union({ ...annotationsOf(schema), anyOf: parts }, 'anyOf', parts, path);
    }
    const compile = type === 'object' ? object : type === 'array' ? array : scalar;
    const compiled = compile(this, schema, path, type as TypeName);
    return named.includes('null') ? withNull(this, compiled) : compiled;
  }

  private untyped(schema: JsonSchema, path: string): Compiled {
    if (this.rules.untyped === 'keep') return { schema: finish(this, {}, schema, path) };
    this.report(path, 'a value of any type, written as JSON text', { undone: true });
    const out = finish(this, { type: 'string' }, schema, path);
    addNote(out, 'Any JSON value, written as JSON text.');
    return { schema: out, invert: textInverse };
  }

  /** Where recursion ends: the value as JSON text, which nothing but the description constrains. */
  private cut({ name, target }: Omit<Definition, 'compiled'>, path: string, why: string): Compiled {
    this.report(path, `${why}: written as JSON text`, { weaker: true, undone: true });
    const title = typeof target['title'] === 'string' ? target['title'] : name || 'the whole answer';
    const inner = laterInverse(() => this.definitions.get(target)?.compiled?.invert);
    const invert: Inverse = (value) => {
      const parsed = textInverse(value);
      if (isValid(target, parsed, this.root)) return parsed;
      const inverted = inner(parsed);
      return isValid(target, inverted, this.root) ? inverted : parsed;
    };
    return { schema: { type: 'string', description: `Like ${title}, written as JSON text.` }, invert };
  }

  private reference(schema: JsonSchema, ref: string, path: string): Compiled {
    const { rules } = this;
    const target = resolveRef(this.root, ref);
    if (target === undefined) this.report(path, `$ref ${ref} leads nowhere`, { weaker: true });
    if (!isObject(target)) return this.compile(target ?? true, path);
    const definition = this.definition(target, ref);
    const recursive = this.open.includes(target);
    if (recursive && rules.recursion === 'cut') return this.cut(definition, path, 'recursion');
    if (rules.refs === 'inline') {
      this.report(path, '$ref replaced by what it points at');
      const compiled = this.within(this.open, [target], () => this.compile(target, path));
      definition.compiled = compiled;
      return { schema: finish(this, { ...compiled.schema }, schema, path), invert: compiled.invert };
    }
    const isRoot = definition.name === '';
    const pointer: JsonSchema = { $ref: isRoot ? '#' : `#/$defs/${escapePointer(definition.name)}` };
    if (isRoot) this.rootRefs.push(pointer);
    if (!recursive && !definition.compiled) {
      const at = String(pointer['$ref']);
      const outside = this.endless;
      definition.compiled = this.within(this.open, [target], () => this.compile(target, at));
      this.endless = outside;
    }
    if (rules.recursion === 'optional' && this.isRecursive(target)) this.endless = true;
    if (pointer['$ref'] !== ref) this.report(path, `$ref ${ref} written as ${String(pointer['$ref'])}`);
    // Nothing may stand beside a $ref.
    const beside = finish(this, {}, schema, path);
    const alone = Object.keys(beside).length === 0;
    if (!alone) this.report(path, '$ref moved into anyOf, away from what stood beside it');
    return {
      schema: alone ? pointer : { ...beside, anyOf: [pointer] },
      invert: laterInverse(() => definition.compiled?.invert),
    };
  }

  private definition(target: JsonSchema, ref: string): Definition {
    let definition = this.definitions.get(target);
    if (!definition) {
      const last = ref.slice(Math.max(ref.lastIndexOf('/'), ref.lastIndexOf('#')) + 1).replace(/[^\w.-]+/g, '_');
      definition = { name: this.freeName(last || 'schema'), target };
      this.definitions.set(target, definition);
    }
    return definition;
  }

  private freeName(wanted: string): string {
    const taken = new Set([...this.definitions.values()].map((one) => one.name));
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
    return name;
  }

  /** Whether a schema contains itself by way of references. */
  private isRecursive(target: JsonSchema): boolean {
    const known = this.recursive.get(target);
    if (known !== undefined) return known;
    const seen = new Set<JsonSchema>();
    const leadsBack = (schema: JsonSchema): boolean => {
      if (seen.has(schema)) return false;
      seen.add(schema);
      const behind = typeof schema['$ref'] === 'string' ? resolveRef(this.root, schema['$ref']) : undefined;
      const next = [...subschemas(schema), ...(isObject(behind) ? [behind] : [])];
      return next.some((one) => one === target || leadsBack(one));
    };
    const found = leadsBack(target);
    this.recursive.set(target, found);
    return found;
  }

  union(schema: JsonSchema, keyword: 'anyOf' | 'oneOf', parts: readonly unknown[], path: string): Compiled {
    const { [keyword]: _parts, ...rest } = schema;
    const beside = constraintsOf(rest);
    const distribute = Object.keys(beside).length > 0;
    if (distribute) this.report(path, `what stood beside ${keyword} moved into its alternatives`);
    const given = parts
      .map((part) => (distribute ? { allOf: [part, beside] } : part))
      .filter((part) => !this.isImpossible(part, path));
    if (given.length === 0) return this.compile(false, path);

    // Where oneOf is taken at all, it is read as anyOf.
    if (keyword === 'oneOf') this.report(path, 'oneOf written as anyOf', { weaker: !disjoint(given, this.root) });
    const asFlag = this.rules.nulls === 'flag';
    const compiled = given
      .map((part, index) => ({ part, ...this.compile(part, `${path}/${keyword}/${index}`) }))
      .filter((one) => !asFlag || !isNull(one.schema));
    const [first] = compiled;
    if (!first) return { schema: finish(this, { type: 'null' }, annotationsOf(rest), path) };

    const alternatives = compiled.map(({ part, schema: sent, invert }) => ({
      invert: invert ?? identity,
      fits: (value: unknown) => isValid(sent, value, this.output),
      restores: (value: unknown) => isValid(part as JsonSchema | boolean, value, this.root),
    }));
    const single = asFlag && compiled.length === 1;
    const out: Compiled = {
      schema: single ? { ...first.schema } : { anyOf: compiled.map((one) => one.schema) },
      invert: single ? first.invert : compiled.some((one) => one.invert) ? unionInverse(alternatives) : undefined,
    };
    finish(this, out.schema, annotationsOf(rest), path);
    if (compiled.length === given.length) return out;
    this.report(path, 'null written as nullable: true');
    return withNull(this, out);
  }

  private isImpossible(part: unknown, path: string): boolean {
    if (!isObject(part)) return part === false;
    const { schema, through } = mergeAll(this, part, path, this.merging);
    if (!isObject(schema) || isNothing(schema)) return schema !== true;
    const parts = schema['anyOf'] ?? schema['oneOf'];
    if (Array.isArray(parts))
      return this.within(this.merging, through, () => parts.every((one) => this.isImpossible(one, path)));
    return literalsOf(schema)?.some((value) => isValid(schema, value, this.root)) === false;
  }
}

/** The types a schema names, or the one that its keywords speak of; undefined when it speaks of none. */
function typesOf(schema: JsonSchema): string[] | undefined {
  if (schema['type'] !== undefined) return [schema['type']].flat().map(String);
  const keys = Object.keys(schema).filter((key) => !keywordsOf.boolean.has(key));
  const spoken = (['object', 'array', 'string', 'number'] as const).find((type) =>
    keys.some((key) => keywordsOf[type].has(key)),
  );
  return spoken && [spoken];
}

/** The part of a schema that concerns one of its types. */
function ofType(schema: JsonSchema, type: string): JsonSchema {
  const keywords: ReadonlySet<string> = type === 'null' ? new Set() : keywordsOf[type as TypeName];
  return { type, ...Object.fromEntries(Object.entries(schema).filter(([key]) => keywords.has(key))) };
}
