"""What stops a plan, or a part of it, before its first write.

limits    the limits a plan goes beyond, per connection and object
"""
