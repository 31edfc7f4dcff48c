import type { ServiceSpec } from "../spec.js";

/**
 * What is known only when a service starts. In a parsed spec the words of `command` and `health.command` and the
 * values of `env` are templates: `${PORT}` and `${SERVICE_NAME}` stand as they are and every literal dollar is `$$`,
 * so that filling them is exact even where a value itself contains dollars. Never use them unfilled.
 */
export interface StartVariables {
  /** The effective port; null for a service without one. */
  readonly port: number | null;
  readonly name: string;
}

const START_VARIABLES: ReadonlySet<string> = new Set(["PORT", "SERVICE_NAME"]);

export function isStartVariable(name: string): boolean {
  return START_VARIABLES.has(name);
}

/** Text that stands for itself, as a template. */
export function encodeLiteral(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/**
 * A command argument as a template. Only the two start variables count, with or without braces; `$${PORT}` is a
 * literal `${PORT}`. Every other dollar is the program's own business (`sh -c 'kill $$'`).
 */
export function encodeArgument(text: string): string {
  const part = /\$\$\{(PORT|SERVICE_NAME)\}|\$\$|\$\{(PORT|SERVICE_NAME)\}|\$(PORT|SERVICE_NAME)\b|\$/g;
  return text.replace(part, (all, escaped?: string, braced?: string, bare?: string) => {
    if (escaped !== undefined) return encodeLiteral(`\${${escaped}}`);
    const name = braced ?? bare;
    return name === undefined ? encodeLiteral(all) : `\${${name}}`;
  });
}

/** True when a template waits for the given variable. */
export function uses(template: string, name: "PORT" | "SERVICE_NAME"): boolean {
  return template.replaceAll("$$", "").includes(`\${${name}}`);
}

/** The spec with `command`, `health.command` and `env` ready to be handed to a process. */
export function fillStartVariables(spec: ServiceSpec, variables: StartVariables): ServiceSpec {
  const fill = (template: string): string => fillTemplate(template, variables);
  const { command, health } = spec;
  return {
    ...spec,
    ...(command === undefined ? {} : { command: command.map(fill) }),
    ...(health === undefined ? {} : { health: health.command === undefined ? health : { ...health, command: health.command.map(fill) } }),
    env: Object.fromEntries(Object.entries(spec.env).map(([key, value]) => [key, fill(value)])),
  };
}

function fillTemplate(template: string, { port, name }: StartVariables): string {
  return template.replace(/\$\$|\$\{(PORT|SERVICE_NAME)\}/g, (_, variable?: string) => {
    if (variable === undefined) return "$";
    return variable === "PORT" ? String(port ?? "") : name;
  });
}
