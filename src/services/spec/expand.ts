import { resolveFrom } from "./paths.js";
import { encodeLiteral, isStartVariable } from "./start-variables.js";

/** The surroundings that `~` and `$VAR` are expanded from. */
export interface Surroundings {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Expanded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly what: string; readonly fix: string };

type Token =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly closed: boolean };

const REFERENCE = /\$(?:(\$)|\{([^}]*)(\}?)|([A-Za-z_][A-Za-z0-9_]*))/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * An env value or a program word: `~/`, `$VAR` and `${VAR}` are replaced, `$$` is a dollar. The result is still
 * a template: `${PORT}` and `${SERVICE_NAME}` wait for fillStartVariables, literal dollars are doubled.
 */
export function expandTemplate(text: string, from: Surroundings): Expanded {
  const tilde = splitTilde(text, from);
  return join(tokens(tilde.rest), encodeLiteral(tilde.prefix), (token) => {
    if (token.kind === "text") return encodeLiteral(token.text);
    if (isStartVariable(token.name)) return `\${${token.name}}`;
    const value = lookUp(token.name, from);
    return value === undefined ? undefined : encodeLiteral(value);
  });
}

/** A path on this host, made absolute from `base`. `${SERVICE_NAME}` is filled; `${PORT}` is not known yet. */
export function expandPath(text: string, base: string, name: string, from: Surroundings): Expanded {
  if (/^~[^/]/.test(text)) return refuse("only ~ and ~/ are expanded", "write the absolute path");
  const tilde = splitTilde(text, from);
  if (tokens(tilde.rest).some((token) => token.kind === "variable" && token.name === "PORT")) {
    return refuse("the port is known only at start, so it cannot be part of a path", "use ${SERVICE_NAME} instead");
  }
  const result = join(tokens(tilde.rest), tilde.prefix, (token) => {
    if (token.kind === "text") return token.text;
    return token.name === "SERVICE_NAME" ? name : lookUp(token.name, from);
  });
  if (!result.ok) return result;
  if (result.text === "") return refuse("is empty", "write a path");
  return { ok: true, text: resolveFrom(base, result.text) };
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(REFERENCE)) {
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const [, dollar, braced, close, bare] = match;
    if (dollar !== undefined) found.push({ kind: "text", text: "$" });
    else found.push({ kind: "variable", name: braced ?? bare ?? "", closed: bare !== undefined || close === "}" });
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}

function join(list: readonly Token[], prefix: string, render: (token: Token) => string | undefined): Expanded {
  let text = prefix;
  for (const token of list) {
    if (token.kind === "variable" && !token.closed) return refuse("has ${ without }", "close it, or write $$ for a literal dollar");
    if (token.kind === "variable" && !NAME.test(token.name)) {
      return refuse("has ${...} that is not a variable name", "write ${NAME}, or $$ for a literal dollar");
    }
    const part = render(token);
    if (part === undefined) {
      const name = token.kind === "variable" ? token.name : "";
      return refuse(`variable ${name} is not set where aurad runs`, `set ${name}, or write $$ for a literal dollar`);
    }
    text += part;
  }
  return { ok: true, text };
}

function splitTilde(text: string, from: Surroundings): { prefix: string; rest: string } {
  return text === "~" || text.startsWith("~/") ? { prefix: from.home, rest: text.slice(1) } : { prefix: "", rest: text };
}

function lookUp(name: string, from: Surroundings): string | undefined {
  return Object.hasOwn(from.env, name) ? from.env[name] : undefined;
}

function refuse(what: string, fix: string): Expanded {
  return { ok: false, what, fix };
}
