/**
 * The transport of Node: undici below `fetch`, at its dispatcher. It reads one handler interface that every undici
 * from 5 to 7 and Node's own accept, so a dispatcher of the user's may come from any of them.
 */
import type { Dispatcher } from 'undici';
import type { Abort, Env, MaybePromise, Transport, Wire, WireResponse } from '../core/spec.js';

export interface TransportOptions {
  env: Env;
  /** An undici dispatcher of the user's (Agent, ProxyAgent, MockAgent …); it is not closed by us. */
  dispatcher?: unknown;
}

/** What we use of a dispatcher. */
interface Dispatches {
  dispatch(options: Dispatcher.DispatchOptions, handler: object): boolean;
  destroy?(): Promise<void>;
}

/**
 * Held back beyond this many bytes, the server is told to wait. More than one read of the socket (64 KB): what undici has
 * read already it copies anew at every pause.
 */
const highWater = 128 * 1024;

const globalDispatcher = Symbol.for('undici.globalDispatcher.1');
const settings = { headersTimeout: 0, bodyTimeout: 0 } as const;

/** The dispatcher that the user installed for the whole process; the Agent that undici and Node install themselves is none. */
function installed(): Dispatches | undefined {
  const found = (globalThis as Record<symbol, unknown>)[globalDispatcher] as (Dispatches & object) | undefined;
  if (found === undefined) return undefined;
  let chosen = known.get(found);
  if (chosen === undefined) {
    chosen = found.constructor.name !== 'Agent' || configured(found);
    known.set(found, chosen);
  }
  return chosen ? found : undefined;
}

/** Whether a global dispatcher was chosen by the user. */
const known = new WeakMap<object, boolean>();

/** Whether somebody gave an Agent options of its own. */
function configured(agent: object): boolean {
  const key = Object.getOwnPropertySymbols(agent).find((symbol) => symbol.description === 'options');
  const options = key === undefined ? undefined : (agent as Record<symbol, unknown>)[key];
  if (typeof options !== 'object' || options === null) return false;
  return Object.entries(options).some(
    ([name, value]) =>
      value !== undefined && value !== Infinity && name !== 'maxRedirections' && name !== 'interceptors',
  );
}

export function createTransport(options: TransportOptions): Transport {
  let own: Promise<Dispatches> | undefined;
  let ready: Dispatches | undefined;

  async function makeOwn(): Promise<Dispatches> {
    const proxy = (name: string): string | undefined => options.env(name) ?? options.env(name.toUpperCase());
    const httpProxy = proxy('http_proxy');
    const httpsProxy = proxy('https_proxy');
    if (httpProxy !== undefined || httpsProxy !== undefined) {
      const { EnvHttpProxyAgent } = await import('undici');
      ready = new EnvHttpProxyAgent({
        ...settings,
        httpProxy: httpProxy ?? '',
        httpsProxy: httpsProxy ?? httpProxy ?? '',
        noProxy: proxy('no_proxy') ?? '',
      }) as unknown as Dispatches;
    } else {
      // The Agent alone loads in a quarter of the time of the whole package.
      const [{ default: Agent }, { default: buildConnector }] = await Promise.all([
        import('undici/lib/dispatcher/agent.js'),
        import('undici/lib/core/connect.js'),
      ]);
      const dial = buildConnector({});
      ready = new Agent({
        ...settings,
        connect(target, callback) {
          const socket = (dial as unknown as Dial)(target, callback);
          dialing?.dialed(socket);
        },
      }) as unknown as Dispatches;
    }
    return ready;
  }

  return {
    send(wire: Wire, abort: Abort): Promise<WireResponse> {
      const dispatcher = (options.dispatcher as Dispatches | undefined) ?? installed() ?? ready;
      if (dispatcher !== undefined) return exchange(dispatcher, wire, abort);
      own ??= makeOwn();
      return own.then((made) => exchange(made, wire, abort));
    },
    async close(): Promise<void> {
      const closing = own;
      own = undefined;
      ready = undefined;
      if (closing !== undefined) await (await closing).destroy?.();
    },
  };
}

type Dial = (target: object, callback: object) => { destroy(): void };

/** The exchange for which a connection is being opened: undici opens it within `dispatch`. */
let dialing: Exchange | undefined;

function exchange(dispatcher: Dispatches, wire: Wire, abort: Abort): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const url = wire.url;
    const slash = url.indexOf('/', url.indexOf('//') + 2);
    const origin = slash < 0 ? url : url.slice(0, slash);
    const handler = new Exchange(resolve, reject, abort);
    if (abort.aborted) {
      reject(abort.reason);
      return;
    }
    dialing = handler;
    try {
      dispatcher.dispatch(
        {
          origin,
          path: slash < 0 ? '/' : url.slice(slash),
          method: wire.method,
          headers: wire.headers,
          body: wire.body ?? null,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        handler,
      );
    } finally {
      dialing = undefined;
    }
  });
}

function readHeaders(raw: Buffer[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1').toLowerCase();
    const given = raw[i + 1] as Buffer | Buffer[];
    const value = Array.isArray(given)
      ? given.map((part) => part.toString('latin1')).join(', ')
      : given.toString('latin1');
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

/** One request and its response: handler for undici on one side, WireResponse on the other. */
class Exchange implements WireResponse {
  status = 0;
  headers: Record<string, string> = {};
  private settled = false;
  private resolve: (response: WireResponse) => void;
  private reject: (error: unknown) => void;
  private abort: Abort;
  private cut: ((reason?: unknown) => void) | undefined = undefined;
  /** The connection, while it is being opened. */
  private socket: { destroy(): void } | undefined = undefined;
  private resume: (() => void) | undefined = undefined;
  private pieces: Buffer[] = [];
  private held = 0;
  private paused = false;
  private whole = false;
  private ended = false;
  private failure: unknown = undefined;
  /** A reader waiting for the next piece. */
  private reader: { resolve: (piece: Uint8Array | undefined) => void; reject: (error: unknown) => void } | undefined =
    undefined;
  /** Somebody waiting for the end. */
  private wake: (() => void) | undefined = undefined;

  constructor(resolve: (response: WireResponse) => void, reject: (error: unknown) => void, abort: Abort) {
    this.resolve = resolve;
    this.reject = reject;
    this.abort = abort;
    abort.onAbort((reason) => this.fail(reason, true));
  }

  dialed(socket: { destroy(): void }): void {
    this.socket = socket;
  }

  onConnect(cut: (reason?: unknown) => void): void {
    this.cut = cut;
    this.socket = undefined;
    if (this.failure !== undefined) cut(this.failure);
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    this.status = status;
    this.headers = readHeaders(raw);
    this.resume = resume;
    this.settled = true;
    const encoding = this.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') this.resolve(this);
    else
      import('./inflate.js')
        .then(({ inflate }) => this.resolve(inflate(this, encoding)))
        .catch((error: unknown) => {
          this.reject(error);
          this.fail(error, true);
        });
    return true;
  }

  onData(piece: Buffer): boolean {
    const reader = this.reader;
    if (reader !== undefined) {
      this.reader = undefined;
      reader.resolve(piece);
      return true;
    }
    this.pieces.push(piece);
    this.held += piece.length;
    if (this.held < highWater || this.whole) return true;
    this.paused = true;
    return false;
  }

  onComplete(): void {
    this.ended = true;
    this.abort.onAbort(undefined);
    this.notify();
  }

  onError(error: unknown): void {
    this.fail(error, false);
  }

  onUpgrade(): void {
    this.fail(new Error('the server answered with a protocol upgrade'), true);
  }

  private notify(): void {
    const reader = this.reader;
    const wake = this.wake;
    this.reader = undefined;
    this.wake = undefined;
    if (this.failure === undefined) reader?.resolve(undefined);
    else reader?.reject(this.failure);
    wake?.();
  }

  private fail(reason: unknown, cut: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.failure = reason ?? new Error('aborted');
    this.abort.onAbort(undefined);
    if (!this.settled) {
      this.settled = true;
      this.reject(this.failure);
    }
    if (cut) {
      this.cut?.(this.failure);
      // Nobody else waits for a connection that is still being opened.
      this.socket?.destroy();
    }
    this.notify();
  }

  read(): MaybePromise<Uint8Array | undefined> {
    const piece = this.pieces.shift();
    if (piece !== undefined) {
      this.held -= piece.length;
      if (this.paused && this.held === 0) {
        this.paused = false;
        this.resume?.();
      }
      return piece;
    }
    if (this.ended) {
      if (this.failure !== undefined) return Promise.reject(this.failure);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject };
    });
  }

  async text(): Promise<string> {
    this.whole = true;
    if (this.paused) {
      this.paused = false;
      this.resume?.();
    }
    if (!this.ended)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (this.failure !== undefined) throw this.failure as Error;
    const pieces = this.pieces;
    this.pieces = [];
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    const text = bytes.toString('utf8');
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  cancel(): void {
    this.pieces = [];
    this.fail(new Error('the response was left'), true);
  }
}
