"""Settings files are edited without a trace."""
