import { widgetOf } from "../shared/widget";
import { showWhatIf } from "./view";

export default widgetOf(showWhatIf);
