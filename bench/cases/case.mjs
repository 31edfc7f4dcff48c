/**
 * @typedef {object} Context
 * @property {import("../peers/peer.mjs").Peer[]} peers  installed ones, those that this case measures
 * @property {boolean} quick  fewer rounds and smaller sizes: plausible figures, not to be published
 * @property {(line: string) => void} log  progress, on stderr
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} [needs]  the peer without which it is left out
 * @property {() => string | null} [lacks]  one line on what it cannot do without and is not there: it is left out
 * @property {(context: Context) => Promise<import("../report/document.mjs").CaseResult>} run
 */
export {};
