// node make.js PROGRAM WIT WORLD OUTPUT [FEATURE...]: makes a component of a program, without the given
// features of the engine.
import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const [sourcePath, witPath, worldName, output, ...disableFeatures] = process.argv.slice(2);
const { component } = await componentize({ sourcePath, witPath, worldName, disableFeatures });
await writeFile(output, component);
