import type { ServicesControl, WhyDocument } from "../../services/control.js";
import { asAuraError } from "../../shared/errors.js";
import { connectControl } from "../connect.js";
import type { Run } from "../context.js";
import { renderWhy } from "../render/why.js";
import { suggesting } from "../suggest.js";

const MAX_HOPS = 10;

export const run: Run = async ({ args, globals, io }) => {
  const name = args[0]!;
  const { control, close } = await connectControl({ globals, io });
  try {
    const known = async (): Promise<readonly string[]> => (await control.status()).services.map((row) => row.name);
    const [first, ...because] = await suggesting([name], known, () => causes(control, name));
    if (globals.json) io.out(`${JSON.stringify({ ...first, because })}\n`);
    else io.out(`${renderWhy([first!, ...because], io.colors, io.columns()).join("\n")}\n`);
    return 0;
  } finally {
    await close();
  }
};

/** The service, then the one that its last change by a dependency goes back to, and so on. */
async function causes(control: ServicesControl, name: string): Promise<WhyDocument[]> {
  const chain: WhyDocument[] = [await control.why(name)];
  const seen = new Set([name]);
  while (chain.length <= MAX_HOPS) {
    const next = causingService(chain.at(-1)!);
    if (next === undefined || seen.has(next)) break;
    seen.add(next);
    const document = await control.why(next).catch((error: unknown) => {
      // It may have been removed since; the chain ends there.
      if (asAuraError(error).code === "not_found") return undefined;
      throw error;
    });
    if (document === undefined) break;
    chain.push(document);
  }
  return chain;
}

function causingService({ transitions }: WhyDocument): string | undefined {
  return transitions.findLast(({ cause }) => cause.service !== undefined)?.cause.service;
}
