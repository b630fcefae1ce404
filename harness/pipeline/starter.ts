/** A profile to begin with, for people to change: JSON with comments. */
export const starter = `{
  // What is tested. Instead of the built-in server:
  //   { "command": ["python3", "app.py", "{port}"], "ready": { "http": "/health" } }
  //   { "url": "http://127.0.0.1:8080" }
  "target": { "builtin": "http" },

  // What is asked of it; docs/workloads.md has the other protocols, scenarios, data from files, and scripts.
  "workload": {
    "timeout": "5s",
    "requests": [
      { "name": "echo", "path": "/echo/hi", "weight": 3, "expect": { "body": "hi" } },
      { "name": "bytes", "path": "/bytes/1024", "expect": { "size": "1kib", "time": "1s" } }
    ]
  },

  // How hard: six users that each wait for their answer before they ask again.
  "load": { "model": "closed", "workers": 6 },

  // Faults that it must survive, each measured against the load without it, and what must hold under them.
  "policies": {
    "latency": {
      "fault": { "latency": { "delay": "40ms", "jitter": "5ms" } },
      "bounds": { "latency": ["p(99)<200ms"], "errors": ["rate<1%"] }
    }
  },

  // What must hold without a fault.
  "ceilings": { "errorRate": "2%", "rssDeltaKb": 131072 },
  "thresholds": { "latency": ["p(99)<200ms"] }
}
`
