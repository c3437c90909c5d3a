/**
 * Checks the types of the files that a tsconfig names, but not of the sources that they import: `npm run types` does
 * that. Argument: the tsconfig. Prints the errors of each file as JSON.
 */
import { basename } from 'node:path';
import ts from 'typescript';

const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => fail([problem]) };
const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(process.argv[2], {}, host);
const textOf = (problem) => ts.flattenDiagnosticMessageText(problem.messageText, '\n');
const fail = (problems) => {
  throw new Error(problems.map(textOf).join('\n'));
};
if (errors.length > 0) fail(errors);

const program = ts.createProgram(fileNames, options);
const wrong = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
if (wrong.length > 0) fail(wrong);
const told = {};
for (const name of fileNames) {
  const file = program.getSourceFile(name);
  const problems = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  if (problems.length === 0) continue;
  told[basename(name)] = problems.map((problem) => {
    const { line } = file.getLineAndCharacterOfPosition(problem.start ?? 0);
    return `(${line + 1}): TS${problem.code}: ${textOf(problem)}`;
  });
}
process.stdout.write(JSON.stringify(told));
