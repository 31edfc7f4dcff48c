#!/usr/bin/env node
import "./memory.js";
import { asAuraError, ERRORS } from "../shared/errors.js";
import { runProgram } from "./program.js";

// The only place of aurad that sets the exit status.
runProgram(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    const known = asAuraError(error);
    process.stderr.write(`aurad: ${known.line}\n`);
    process.exit(ERRORS[known.code].aurad);
  },
);
