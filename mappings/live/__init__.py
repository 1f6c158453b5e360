"""A mapping against what its systems really have.

check    everything below, and fields, picklists and lengths
named    which platform fields a mapping names
facts    what is asked of a connector's metadata
rights   whether our user may do what a mapping needs
create   whether records can be created, and no more than once
links    whether links lead where the platform's pointers lead
drift    what a system's metadata lost or tightened since the last time
"""
