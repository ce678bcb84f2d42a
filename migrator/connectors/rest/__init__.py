"""One declarative engine for CRMs over HTTP: a connector file says how, nothing here knows any CRM."""
