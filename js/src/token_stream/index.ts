import { widgetOf } from "../shared/widget";
import { TokenStreamView } from "./view";

export default widgetOf(TokenStreamView);
