"""From wishes to a plan that can be read.

draft        the difference between what is wanted and what is known, saved as changes
describe     what a plan says of itself: calls, what is left of the day, tasks, who must say yes
automations  what fires by itself on the platforms when a plan is applied
held         what is wanted and not done, with the reason
selecting    a part of what is wanted, chosen by rule, connection, object
"""
