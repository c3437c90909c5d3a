/** A store of the user's, which is not waited for any longer than a call can bear. */
import { CallmError } from '../core/errors.js';
import type { MaybePromise, Store } from '../core/spec.js';

/** Seconds. */
const patience = 2;

export function patient(store: Store): Store {
  if (store.bounded === true) return store;
  const { hold, release } = store;
  return {
    get: (key) => inTime(store.get(key)),
    set: (key, value, ttl) => inTime(store.set(key, value, ttl)),
    delete: (key) => inTime(store.delete(key)),
    count: (counts) => inTime(store.count(counts)),
    ...(hold !== undefined && { hold: (...args) => inTime(hold.apply(store, args)) }),
    ...(release !== undefined && { release: (...args) => inTime(release.apply(store, args)) }),
  };
}

const isPromise = <T>(value: MaybePromise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | undefined | null)?.then === 'function';

function inTime<T>(asked: MaybePromise<T>): MaybePromise<T> {
  if (!isPromise(asked)) return asked;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new CallmError(`the store did not answer within ${patience} s`)),
      patience * 1000,
    );
    const settle =
      <V>(end: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        end(value);
      };
    asked.then(settle(resolve), settle(reject));
  });
}
