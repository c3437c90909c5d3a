/** A Redis of our own on loopback, where its program is installed: it keeps nothing and ends with the tests. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '../endings.js';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface RedisServer {
  port: number;
  url: string;
  /** Sends one command as a line; gives the line of the answer. */
  ask(command: string): Promise<string>;
  /** Stops answering, but keeps connections. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** On the same port, after `kill`. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startRedis(...settings: readonly string[]): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'callm-redis-'));
  let port = 0;
  let child: ChildProcess | undefined;
  const ask = (command: string): Promise<string> => askLine(port, command);
  const launch = async (): Promise<void> => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
    const launched = spawn('redis-server', [...options, ...settings], { stdio: 'ignore' });
    child = launched;
    while (launched.exitCode === null) {
      if ((await ask('PING').catch(() => '')) === '+PONG') return;
      await sleep(20);
    }
    throw new Error(`redis-server ended with ${launched.exitCode}`);
  };
  const kill = async (): Promise<void> => {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await ended;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  };
  // Also of a test that fails before it closes it.
  atEnd(close);
  for (let attempts = 3; ; attempts--) {
    port = await freePort();
    try {
      await launch();
      break;
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (attempts === 1) throw error;
    }
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    ask,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill,
    restart: launch,
    close,
  };
}

/** A cluster needs the port 10,000 above it as well. */
const highest = 65_535 - 10_000;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port > highest ? freePort() : port));
    });
  });
}

function askLine(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.setEncoding('utf8').on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (text: string) => {
      answer += text;
      const end = answer.indexOf('\r\n');
      if (end < 0) return;
      resolve(answer.slice(0, end));
      socket.destroy();
    });
  });
}
