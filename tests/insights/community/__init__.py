"""A person's figures beside a community's: counted alike, and honest about what they cannot say."""
