/**
 * What the cases ask of a tool: a supervisor or, further down, one that copies to S3.
 *
 * @typedef {import("../measure/services.mjs").Service} Service
 *
 * @typedef {object} Session  one supervisor with one set of services
 * @property {() => Promise<void>} up  the timed command; resolves when the command returns, which may be before all run
 * @property {() => Promise<void>} [settle]  untimed, after `up`: brings about what this variant is about
 * @property {() => Promise<void>} down  the timed stop command
 * @property {() => number[]} pidsOf  pids of the supervisor itself, without services
 * @property {() => Promise<void>} close  ends the supervisor; services too
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} settings  the quickest settings used, for the document
 * @property {string} [upCommand]  what `up` times
 * @property {() => string | null} available  version, or null when it is not installed
 * @property {string} [install]  how to get it, where bench/setup.sh does not
 * @property {string[]} [cases]  the only cases it takes part in
 * @property {(services: Service[], directory: string) => Promise<Session>} [prepare]  of a supervisor
 *   untimed: writes configuration, starts a daemon where `up` talks to one
 * @property {() => import("../sync/tool.mjs").SyncTool} [sync]  of a sync tool
 */
export {};
