import type { JsonObject } from '../../src/core/spec.js';
import { argumentsText, isObject, setAside } from './answer.js';

interface Slot {
  id: string;
  /** The vendor's index, which may repeat or be missing. */
  wire: number | undefined;
  name: string;
  /** Whether arguments have come; custom calls need none. */
  written: boolean;
}

/** The call's id; Mistral's library writes `null` for a missing one. */
export const callId = ({ id }: JsonObject): string => (typeof id === 'string' && id !== 'null' ? id : '');

/** What is called. Name and arguments may stand on the call itself. */
export function callFunction(call: JsonObject): unknown {
  const { function: fn, custom, name, arguments: args } = call;
  if (isObject(fn) || isObject(custom) || typeof name !== 'string') return fn;
  delete call['name'];
  delete call['arguments'];
  return (call['function'] = { name, arguments: args });
}

/**
 * Gives the tool-call deltas of one choice dense indexes in order of appearance, whatever the vendor numbers: two whole
 * calls that share an index but not their id are two calls, and deltas without index go to the last one. The id and
 * the name stand on a call's first delta alone.
 */
export class ToolCallJoiner {
  private readonly slots: Slot[] = [];

  join(calls: readonly unknown[]): readonly unknown[] {
    let whole = true;
    for (const call of calls) {
      if (isObject(call)) this.one(call);
      else whole = false;
    }
    return whole ? calls : calls.filter(isObject);
  }

  private one(call: JsonObject): void {
    const wire = typeof call['index'] === 'number' ? call['index'] : undefined;
    const id = callId(call);
    // A piece of a call under way, as most deltas are.
    if (id === '' && wire !== undefined && this.slots[wire]?.wire === wire && this.slots.length === wire + 1) {
      this.piece(call, wire);
      return;
    }
    const fn = callFunction(call);
    const custom = call['custom'];
    const named = isObject(fn) ? fn['name'] : isObject(custom) ? custom['name'] : undefined;
    const name = typeof named === 'string' ? named : '';
    const at = this.find(wire, id, name);
    if (at >= 0) {
      call['index'] = at;
      this.piece(call, at);
      return;
    }
    call['index'] = this.slots.length;
    const slot = { id, wire, name, written: false };
    this.slots.push(slot);
    this.start(call, slot);
  }

  /** Arguments of calls that came without any, to be told at the end: they are to be JSON. */
  missing(): JsonObject[] {
    const out: JsonObject[] = [];
    for (const [index, slot] of this.slots.entries()) {
      if (!slot.written) out.push({ index, function: { arguments: '{}' } });
      slot.written = true;
    }
    return out;
  }

  /** Where the delta belongs; -1 for a new call. */
  private find(wire: number | undefined, id: string, name: string): number {
    const last = this.slots.length - 1;
    if (id !== '') {
      const same = this.slots.findLastIndex((slot) => slot.id === id);
      if (same >= 0 || name !== '') return same;
    }
    if (wire !== undefined) return this.slots.findLastIndex((slot) => slot.wire === wire);
    return name !== '' ? -1 : last;
  }

  private start(call: JsonObject, slot: Slot): void {
    if (slot.id === '') call['id'] = `call_${call['index'] as number}`;
    if (typeof call['type'] !== 'string' || call['type'] === '') call['type'] = 'function';
    const fn = call['function'];
    if (isObject(fn)) fn['arguments'] = argumentsText(fn['arguments'], '');
    slot.written = !isObject(fn) || fn['arguments'] !== '';
    if (isObject(call['custom']) && !call['custom']['name'] && isObject(fn)) delete call['custom'];
    for (const field of Object.keys(call)) {
      if (field === 'index' || field === 'id' || field === 'type' || field === 'function' || field === 'custom')
        continue;
      if (field === 'provider_specific_fields') continue;
      const value = call[field];
      delete call[field];
      setAside(call, field, value);
    }
  }

  private piece(call: JsonObject, at: number): void {
    const slot = this.slots[at];
    if ('id' in call) delete call['id'];
    const fn = call['function'];
    if (!isObject(fn)) return;
    if (typeof fn['arguments'] !== 'string') fn['arguments'] = argumentsText(fn['arguments'], '');
    if (slot !== undefined && fn['arguments'] !== '') slot.written = true;
    if ('name' in fn && (!fn['name'] || fn['name'] === slot?.name)) delete fn['name'];
  }
}
