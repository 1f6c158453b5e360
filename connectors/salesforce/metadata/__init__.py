"""What the org tells of itself, and what may be added to it.

describe     its objects and fields
automations  what fires by itself when records are written
history      past values of tracked fields, and who wrote them
package      new fields as files that an administrator deploys
"""
