import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Every page of the repository, as paths from its root. Without git, which a copy of the sources need not have. */
export function pages(): string[] {
  const within = ["docs", "examples", "bench"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return [...readdirSync(ROOT), ...within].filter((name) => name.endsWith(".md")).sort();
}

export function text(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** Targets of links and images, code left out. */
export function links(page: string): string[] {
  const prose = text(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(page: string): Set<string> {
  const headings = text(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .matchAll(/^#{1,6} +(.+)$/gm);
  const seen = new Map<string, number>();
  return new Set(
    [...headings].map((match) => {
      const slug = match[1]!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-");
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** Calls of our two programs in code blocks and inline code: program and what follows it up to an operator. */
export function calls(page: string): { readonly program: string; readonly args: readonly string[]; readonly line: string }[] {
  const found: { program: string; args: readonly string[]; line: string }[] = [];
  const fences = [...text(page).matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm)].flatMap((match) => match[1]!.split("\n"));
  const inline = [
    ...text(page)
      .replace(/^```[\s\S]*?^```/gm, "")
      .matchAll(/`([^`\n]+)`/g),
  ].map((match) => match[1]!);
  for (const line of [...fences, ...inline]) {
    const call = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\S*\/)?(aurad|aura-msg)(?![\w:(-])((?: [^|;&#<>()]*)?)/.exec(line.trim());
    if (call !== null)
      found.push({
        program: call[1]!,
        args: call[2]!
          .trim()
          .split(/\s+/)
          .filter((word) => word !== ""),
        line: line.trim(),
      });
  }
  return found;
}
