// Entry for Node, Bun and Deno. The line `end` proves that the process ends by itself.
import process from 'node:process';
import { smoke } from './smoke.js';

const lines = await smoke(process.argv[2]);
process.stdout.write([...lines, 'end', ''].join('\n'));
