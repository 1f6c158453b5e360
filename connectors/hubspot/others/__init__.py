"""Who else writes in the account: the past of its fields, workflows that fire by themselves."""
