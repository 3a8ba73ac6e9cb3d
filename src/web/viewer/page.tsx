import { Icon, type IconName } from "../icon.tsx";
import { Layout, type PageProps } from "../layout.tsx";
import { ClipboardPanel, DisplayPanel, KeysPanel } from "./panels.tsx";
import { CredentialsDialog, IdentityDialog } from "./dialogs.tsx";

/** The source that the page opens. */
export interface ViewerSource {
  readonly name: string;
  readonly title: string;
  readonly group?: string | undefined;
  readonly viewOnly: boolean;
}

/** The properties of the viewer page. */
export interface ViewerPageProps extends PageProps {
  readonly source: ViewerSource;
  /** Porthole's version. */
  readonly version: string;
}

/** The viewer: one source in the whole window. Its script is src/viewer/. */
export function ViewerPage({ source, version, ...page }: ViewerPageProps) {
  const data = {
    "data-source": source.name,
    "data-title": source.title,
    "data-view-only": String(source.viewOnly),
    "data-phase": "connecting",
  };
  return (
    <Layout {...page} title={`${source.title} – Porthole`} kind="viewer bar-open" script="viewer" data={data}>
      <Bar source={source} basePath={page.basePath} version={version} />
      <main id="stage">
        <div id="screen"></div>
        <canvas id="still" hidden aria-hidden="true"></canvas>
        <Notice basePath={page.basePath} name={source.name} />
        <textarea
          id="soft-keyboard"
          tabindex={-1}
          aria-label="Text typed here goes to the remote screen"
          autocapitalize="off"
          autocomplete="off"
          autocorrect="off"
          spellcheck={false}
        >
        </textarea>
      </main>
      <CredentialsDialog title={source.title} />
      <IdentityDialog title={source.title} />
      <noscript>
        <p class="callout problem">This page needs JavaScript to show {source.title}.</p>
      </noscript>
    </Layout>
  );
}

function Bar({ source, basePath, version }: { source: ViewerSource; basePath: string; version: string }) {
  return (
    <header id="bar">
      <button id="bar-handle" type="button" aria-expanded="true" aria-controls="bar-body" title="Toolbar">
        <Icon name="pull" />
        <span class="unseen">Toolbar</span>
      </button>
      <div id="bar-body">
        <a class="tool" href={basePath} title="All screens">
          <Icon name="back" />
          <span class="unseen">All screens</span>
        </a>
        <div id="bar-text">
          <h1 class="screen-title">{source.title}</h1>
          <p id="status">
            <span class="dot" aria-hidden="true"></span>
            <span id="status-text" role="status">Connecting…</span>
            <span id="rtt" title="Round-trip time to the gateway"></span>
          </p>
        </div>
        <div id="tools" role="toolbar" aria-label={`Tools for ${source.title}`}>
          <Tool id="move" icon="move" label="Pan" pressed hidden />
          <Tool id="type" icon="keyboard" label="On-screen keyboard" pressed />
          <Tool id="keys" icon="keys" label="Keys" panel />
          <Tool id="clipboard" icon="clipboard" label="Clipboard" panel />
          <Tool id="display" icon="display" label="Display and input" panel />
          <Tool id="screenshot" icon="camera" label="Save a screenshot" />
          <Tool id="fullscreen" icon="fullscreen" label="Full screen" pressed />
          <Tool id="disconnect" icon="power" label="Disconnect" />
        </div>
      </div>
      <KeysPanel />
      <ClipboardPanel />
      <DisplayPanel version={version} forcedViewOnly={source.viewOnly} />
    </header>
  );
}

interface ToolProps {
  readonly id: string;
  readonly icon: IconName;
  readonly label: string;
  /** Whether the button opens the panel of the same name. */
  readonly panel?: boolean;
  /** Whether the button is a switch. */
  readonly pressed?: boolean;
  readonly hidden?: boolean;
}

function Tool({ id, icon, label, panel = false, pressed = false, hidden = false }: ToolProps) {
  const state = {
    ...(panel ? { "aria-expanded": "false", "aria-controls": `panel-${id}` } : {}),
    ...(pressed ? { "aria-pressed": "false" } : {}),
  };
  return (
    <button class="tool" type="button" id={`tool-${id}`} title={label} hidden={hidden} {...state}>
      <Icon name={icon} />
      <span class="unseen">{label}</span>
    </button>
  );
}

/** The notice over the picture while there is no connection. */
function Notice({ basePath, name }: { basePath: string; name: string }) {
  return (
    <section id="notice" aria-labelledby="notice-title">
      <span class="spinner" aria-hidden="true"></span>
      <h2 id="notice-title">Connecting…</h2>
      <p id="notice-sentence"></p>
      <p id="notice-wait" aria-hidden="true"></p>
      <div class="actions">
        <button id="notice-retry" class="button primary" type="button" hidden>Try now</button>
        <a id="notice-sign-in" class="button primary" href={`${basePath}site/vnc/${encodeURIComponent(name)}`} hidden>
          Sign in
        </a>
        <button id="notice-stop" class="button" type="button" hidden>Stop trying</button>
        <a id="notice-back" class="button" href={basePath} hidden>All screens</a>
      </div>
    </section>
  );
}
