// A page that was opened as a file may not read the others, from which the results' extracts come.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
