/** What `init` writes: a sources.yaml that loads as it stands and shows every key. */

/** A commented sources.yaml; only its demo source is switched on. */
export function exampleYaml(): string {
  return EXAMPLE;
}

const EXAMPLE =
  `# Porthole: which VNC servers to show, and to whom. Every key may be left out; the values shown are examples, and
# "default" says what stands where a key is absent. Durations and sizes have units: 500ms, 5s, 2m, 1h; 64KiB, 16MiB.
# The file is watched: a change takes effect at once, and a mistake keeps the old configuration running.

sources:
  # The built-in desktop: no VNC server needed.
  demo: { demo: true }

  # Short form: HOST, HOST:PORT or HOST:DISPLAY (a port below 100 is a display: ":1" is 5901). IPv6 goes in quotes.
  # pi: 192.168.1.31
  # nas: "[fd00::7]:5901"

  # Long form: one of host, unix or demo, and whatever else it needs.
  # workshop:
  #   host: 192.168.1.20
  #   port: 5901                     # default 5900
  #   # display: 1                   # instead of port
  #   # unix: /run/vm7.vnc           # instead of host: a unix socket
  #   title: Workshop PC             # default: the name
  #   group: Upstairs                # a heading on the dashboard
  #   username: ada
  #   password: { env: WORKSHOP_VNC }  # or { file: workshop.password }, or text
  #   view_only: false               # default false: viewers may type and click
  #   clipboard: both                # both, in (viewer to source), out, none; default both
  #   shared: true                   # default true: others stay connected
  #   tls:                           # how its certificate is trusted; default: trust on first use
  #     ca: workshop-ca.pem
  #     server_name: workshop.lan
  #     fingerprint: "sha256:…"
  #   prewarm: 0                     # connections kept logged in and ready; default 0
  #   allow: [ada, "group:makers"]   # who may use it; default: everybody who signed in
  #   view: [guest]                  # who may only look
  #   connect_timeout: 5s            # default 5s
  #   keepalive: 20s                 # pings towards the browser; 0 is off; default 20s

# What sources have in common: any key of a source except where it is and its title.
# defaults:
#   connect_timeout: 5s
#   username: ada

# gateway:
#   listen: 0.0.0.0:8443             # default 127.0.0.1:8443; "[::]:8443", unix:/run/porthole.sock
#   tls: auto                        # default auto: own CA and certificate, kept in data; none; { cert: FILE, key: FILE }
#   redirect: 0.0.0.0:8080           # plain HTTP that only redirects; default off
#   base_path: /                     # /vnc/ when it lives behind another server's path
#   public_url: https://vnc.example.net/
#   trusted_proxies: [10.0.0.0/8]      # whose X-Forwarded-* headers count; default none
#   allowed_origins: [https://home.example.net]  # other sites that may open sources; default none
#   allowed_hosts: [vnc.example.org] # more names under which it is reached; default none
#   deny_networks: [169.254.0.0/16]  # never dialed; default: link-local and cloud metadata addresses
#   data: ./data                     # certificates, keys, state; default ./data

# Who signs in. Left out: whoever has the login link that the first start prints; on this machine alone, nobody has to.
# auth:                              # or none: anybody who reaches the address may open every source
#   users:
#     ada:
#       password: "$argon2id$…"      # made by: deno task start hash
#       groups: [admins]             # admins may open every source, see and end everything
#   tokens:                          # for programs; made by: deno task start token
#     - { name: prometheus, hash: "sha256:…", scopes: [metrics], expires: 2027-12-31 }
#   jwt:                             # who may sign /websockify?token=<JWT>
#     - { secret: { env: JWT_SECRET }, issuer: portal }  # or public_key: FILE
#   oidc:                            # single sign-on at a provider of OpenID Connect
#     issuer: https://id.example.net/realms/home
#     client_id: porthole
#     client_secret: { env: OIDC_SECRET }
#   proxy:                           # names from a proxy in front, which must be in trusted_proxies
#     headers: { user: Remote-User, groups: Remote-Groups }
#   login_link: false                # default false: not beside other ways
#   admins: ["group:admins"]
#   session: { idle: 12h, absolute: 7d }

# limits:
#   sessions: 512                    # at once; per_source, per_address (an address) and per_user likewise
#   per_source: 16
#   per_address: 8
#   per_user: 16
#   handshakes: 64                   # sessions that are not open yet
#   connects_per_minute: 60          # per viewer
#   sign_ins_per_minute: 10          # per viewer
#   up_queue: 16MiB                  # queued towards a source that does not read
#   idle: 0                          # a session without a key or pointer event for this long ends; 0 is off
#   stall: 90s                       # a viewer that takes nothing for this long is let go
`;
