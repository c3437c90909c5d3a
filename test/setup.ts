/** Runs before each test file. */
import { afterAll } from 'vitest';
import { endAll } from './endings.js';

afterAll(endAll);
