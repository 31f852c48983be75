import type { DeploymentAnswer } from "@sluice/server/console-contract";
import { CopyButton } from "../../ui/copy.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty } from "../../ui/pictures.tsx";
import { Took } from "../../ui/time.tsx";
import { StatusText } from "../../ui/status.tsx";

/** The settings in force, in sentences; and what the service itself has done. */
export function Settings({ answer: { settings, deployment } }: { readonly answer: DeploymentAnswer }) {
  return (
    <div class="stack">
      <section class="panel">
        <header>
          <h2>Settings in force</h2>
        </header>
        <div class="body">
          {settings.length === 0 ? (
            <Empty title="All settings are AWS's defaults" />
          ) : (
            <dl class="facts">
              {settings.flatMap(({ name, text }) => [<dt key={name}>{name}</dt>, <dd key={`${name} text`}>{text}</dd>])}
            </dl>
          )}
        </div>
      </section>
      {deployment.steps.length > 0 && (
        <section class="panel">
          <header>
            <h2>What the service itself does</h2>
          </header>
          <table class="list">
            <tbody>
              {deployment.steps.map((step) => (
                <tr key={`${step.name} ${step.startTime}`}>
                  <td>
                    {step.name}
                    {step.text !== undefined && <p class="muted any">{step.text}</p>}
                  </td>
                  <td>
                    <StatusText status={step.status} />
                  </td>
                  <td class="num soft">
                    <Took from={step.startTime} to={step.endTime} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {deployment.messages.length > 0 && (
        <section class="panel">
          <header>
            <h2>Messages</h2>
          </header>
          <ul class="body stack">
            {deployment.messages.map((message) => (
              <li key={message} class="any">
                {message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

/** Something as AWS's API shows it. */
export function Raw({ value, name }: { readonly value: unknown; readonly name: string }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <section class="panel">
      <header>
        <h2>As AWS's API shows it</h2>
        <span class="push row">
          <CopyButton text={text} what="JSON" />
          <button type="button" class="button quiet small" onClick={() => download(text, name, "application/json")}>
            <Icon name="down" size={14} /> Download
          </button>
        </span>
      </header>
      <pre class="code bare" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

/** Gives the reader a text as a file. */
export function download(text: string, name: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
