import { widgetOf } from "../shared/widget";
import { showExplorer } from "./view";

export default widgetOf(showExplorer);
