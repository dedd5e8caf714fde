"""How requests reach Target: HTTP by aiohttp's connector, or by its session."""
