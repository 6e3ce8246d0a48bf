import { useState } from "preact/hooks";
import { connection, token } from "./api.ts";

/** The token stays in this tab's session storage: closing the tab forgets it. */
export function TokenForm({ refused }: { readonly refused: boolean }) {
  const [text, setText] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    token.set(text.trim());
    connection.set({ ...connection.get(), tokenRefused: false });
  };
  return (
    <form class="token-form" onSubmit={submit}>
      <h1>This server asks for a token</h1>
      <p>
        {refused ? "The token was refused. " : ""}It is the one that the configuration of the control server
        names.
      </p>
      <label>
        Token
        <input
          type="password"
          autocomplete="current-password"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          required
        />
      </label>
      <button type="submit" class="primary">
        Open
      </button>
    </form>
  );
}
