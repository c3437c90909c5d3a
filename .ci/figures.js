// Sums the reports of vitest and of the runtimes. A step that failed without a failed test counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

const read = (name) => (existsSync(`reports/${name}`) ? JSON.parse(readFileSync(`reports/${name}`, 'utf8')) : {});
let passed = 0;
let failed = 0;
for (const name of ['vitest.json', 'package.json']) {
  const { numPassedTests = 0, numFailedTests = 0, success = true } = read(name);
  passed += numPassedTests;
  failed += numFailedTests + (success || numFailedTests > 0 ? 0 : 1);
}
const runtimes = read('runtimes.json');
passed += runtimes.passed ?? 0;
failed += runtimes.failed ?? 0;
const failedSteps = Number(process.argv[2]);
if (failedSteps > 0 && failed === 0) failed = failedSteps;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
