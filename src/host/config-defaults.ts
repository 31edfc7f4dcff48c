/** What holds when neither flag, environment nor `aura.toml` says otherwise. Keys as in `aura.toml`. */
export const CONFIG_DEFAULTS = {
  log_format: "json",
  log_level: "info",
  default_interval: "5m",
  watcher_debounce: "500ms",
  head_poll_interval: "10s",
  head_poll_max_interval: "120s",
  status_api: true,
  status_api_addr: "127.0.0.1:0",
  status_api_require_auth: true,
  status_tick_history: 100,
  max_transfers: 8,
  upload_limit: "0",
  download_limit: "0",
  max_delete: 0.5,
  trash_days: 30,
  watcher_fallback: "fail",
  "temporal.address": "localhost:7233",
  "temporal.namespace": "default",
  "temporal.task_queue": "aura",
  "temporal.embedded": "auto",
  "temporal.ui_port": 8233,
  "daemon.on_stop": "stop",
  "daemon.port_range": "20000-32000",
  "audit.trail": "sqlite",
  "metrics.require_token": false,
  "mothership.bind": "0.0.0.0",
  "mothership.port": 7777,
} as const;

export const LOG_FORMATS = ["json", "text", "pretty"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const ON_STOP = ["stop", "leave"] as const;
export type OnStop = (typeof ON_STOP)[number];

export const WATCHER_FALLBACKS = ["fail", "poll"] as const;
export type WatcherFallback = (typeof WATCHER_FALLBACKS)[number];

export const EMBEDDED = ["auto", "always", "never"] as const;
export type Embedded = (typeof EMBEDDED)[number];
