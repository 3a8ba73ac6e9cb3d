/** How to install the local CA on each system: plain text for the `/trust` page. */

/** The steps for one system; backquotes enclose file names and commands. */
export interface InstallGuide {
  /** Anchor on the page: `#windows`. */
  readonly id: string;
  readonly system: string;
  readonly steps: readonly string[];
}

/** The guides in the order of the page, which offers the download before them. */
export const INSTALL_GUIDES: readonly InstallGuide[] = [
  {
    id: "windows",
    system: "Windows",
    steps: [
      "Open `porthole-ca.crt` and choose Install Certificate.",
      "Choose Current User, then Place all certificates in the following store.",
      "Choose Trusted Root Certification Authorities and finish; confirm the fingerprint.",
      "Or in a terminal: `certutil -user -addstore Root porthole-ca.crt`",
    ],
  },
  {
    id: "macos",
    system: "macOS",
    steps: [
      "Open `porthole-ca.crt`; Keychain Access asks for a keychain: choose login.",
      "Find Porthole CA there, open it, unfold Trust and set Secure Sockets Layer (SSL) to Always Trust.",
      "Close the window and enter your password.",
    ],
  },
  {
    id: "ios",
    system: "iPhone and iPad",
    steps: [
      "Open this page in Safari, download the certificate and allow the profile.",
      "In Settings, General, VPN & Device Management: open the profile and install it.",
      "In Settings, General, About, Certificate Trust Settings: switch Porthole CA on.",
    ],
  },
  {
    id: "android",
    system: "Android",
    steps: [
      "Download the certificate.",
      "In Settings, search for CA certificate (Security, More security settings, Install from device storage).",
      "Choose Install anyway and pick `porthole-ca.crt`.",
      "Firefox on Android: Settings, About Firefox, tap the logo five times; then Secret Settings, Use third party CA " +
      "certificates.",
    ],
  },
  {
    id: "debian",
    system: "Debian and Ubuntu",
    steps: [
      "`sudo cp porthole-ca.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates`",
      "Chromium and Chrome keep a store of their own: Settings, Privacy and security, Security, Manage certificates, " +
      "Custom, Trusted certificates, Import.",
    ],
  },
  {
    id: "fedora",
    system: "Fedora",
    steps: [
      "`sudo cp porthole-ca.crt /etc/pki/ca-trust/source/anchors/ && sudo update-ca-trust`",
    ],
  },
  {
    id: "firefox",
    system: "Firefox",
    steps: [
      "In Settings, Privacy & Security, Certificates: choose View Certificates, then Authorities, then Import.",
      "Pick `porthole-ca.crt` and tick Trust this CA to identify websites.",
    ],
  },
];
