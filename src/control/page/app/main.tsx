import { render } from "preact";
import { App } from "./app.tsx";
import "uplot/dist/uPlot.min.css";
import "./styles/theme.css";
import "./styles/frame.css";
import "./styles/tables.css";
import "./styles/lanes.css";
import "./styles/lane.css";
import "./styles/incidents.css";
import "./styles/budget.css";

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
